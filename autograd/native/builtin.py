"""Machine code that Python calls like one of its own functions: floats in, floats out, nothing in between.

A call through ctypes takes about a microsecond; for a small function that is several times what it computes.  So for
calls with floats only the machine code reads Python's float objects itself and makes the result with Python's own C
functions.  Anything else it answers with NotImplemented, and the caller takes the long way.
"""

import ctypes
import platform
import struct
import sysconfig
from collections.abc import Sequence
from typing import Any

from autograd.native.llvm.signature import POINT

Shape = int | tuple[Any, ...]
"""What a result looks like: the number of an output, or ("tuple", …) or ("list", …) of shapes."""

_FASTCALL = 0x0080
_TYPE_OFFSET, _NUMBER_OFFSET = 8, 16  # in a float object, after its reference count


class _MethodDefinition(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)
    )  # fmt: skip


def layout_is_known() -> bool:
    """Whether float objects look as this module expects: CPython on 64 bits with its global lock."""
    if platform.python_implementation() != "CPython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False
    number = 1234.5
    found_type = ctypes.c_void_p.from_address(id(number) + _TYPE_OFFSET).value
    return found_type == id(float) and ctypes.c_double.from_address(id(number) + _NUMBER_OFFSET).value == number


def symbols() -> dict[str, int]:
    """The functions of Python's C interface that the text of `fast_function` calls, by name."""
    names = ("PyFloat_FromDouble", "PyTuple_New", "PyTuple_SetItem", "PyList_New", "PyList_SetItem", "Py_NewRef")
    found = {}
    for name in names:
        address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        assert address is not None
        found[name] = address
    return found


def fast_function(
    name: str, arity: int, outputs: Sequence[int | float], shape: Shape, point: int, slots: int, strips: int
) -> str:
    """LLVM's text of a function with the C signature of METH_FASTCALL, which calls `POINT`.

    Args:
        name: Its name.
        arity: How many floats it takes; they become strips 0, 1, …
        outputs: The strips of the outputs, or numbers.
        shape: What to return.
        point: The address of `POINT`.
        slots, strips: Where the memory of these is.
    """
    lines = [
        "declare ptr @PyFloat_FromDouble(double)", "declare ptr @PyTuple_New(i64)", "declare ptr @PyList_New(i64)",
        "declare i32 @PyTuple_SetItem(ptr, i64, ptr)", "declare i32 @PyList_SetItem(ptr, i64, ptr)",
        "declare ptr @Py_NewRef(ptr)",
        f"define dso_local ptr @{name}(ptr %self, ptr %args, i64 %count) {{", "entry:",
        f"  %fits = icmp eq i64 %count, {arity}", "  br i1 %fits, label %a0, label %other",
    ]  # fmt: skip
    for k in range(arity):
        lines += [
            f"a{k}:", f"  %i{k} = getelementptr ptr, ptr %args, i64 {k}", f"  %o{k} = load ptr, ptr %i{k}",
            f"  %p{k} = getelementptr i8, ptr %o{k}, i64 {_TYPE_OFFSET}", f"  %t{k} = load i64, ptr %p{k}",
            f"  %f{k} = icmp eq i64 %t{k}, {id(float)}", f"  br i1 %f{k}, label %a{k + 1}, label %other",
        ]  # fmt: skip
    lines += [f"a{arity}:", f"  %R = inttoptr i64 {strips} to ptr", f"  %U = inttoptr i64 {slots} to ptr"]
    for k in range(arity):
        lines += [
            f"  %q{k} = getelementptr i8, ptr %o{k}, i64 {_NUMBER_OFFSET}", f"  %x{k} = load double, ptr %q{k}",
            f"  %r{k} = getelementptr double, ptr %R, i64 {k}", f"  store double %x{k}, ptr %r{k}",
        ]  # fmt: skip
    lines.append(f"  %point = inttoptr i64 {point} to ptr")
    lines.append(f"  {POINT.call('%point', U='%U', R='%R')}")
    for strip in {x for x in outputs if isinstance(x, int)}:  # all, before an object is made: that may run others
        lines.append(f"  %e{strip} = getelementptr double, ptr %R, i64 {strip}")
        lines.append(f"  %y{strip} = load double, ptr %e{strip}")
    lines.append(f"  ret ptr {_made(shape, outputs, lines)}")
    lines += ["other:", f"  %none = inttoptr i64 {id(NotImplemented)} to ptr",
              "  %refused = call ptr @Py_NewRef(ptr %none)", "  ret ptr %refused", "}", ""]  # fmt: skip
    return "\n".join(lines)


def _made(shape: Shape, outputs: Sequence[int | float], lines: list[str]) -> str:
    """The register of the object for a shape."""
    k = len(lines)
    if isinstance(shape, int):
        strip = outputs[shape]
        number = f"%y{strip}"
        if not isinstance(strip, int):
            number = f"%c{k}"
            lines.append(f"  {number} = bitcast i64 {_bits(strip)} to double")
        lines.append(f"  %z{k} = call ptr @PyFloat_FromDouble(double {number})")
        return f"%z{k}"
    kind, *parts = shape
    kind = {"tuple": "Tuple", "list": "List"}[kind]
    lines.append(f"  %z{k} = call ptr @Py{kind}_New(i64 {len(parts)})")
    for i, part in enumerate(parts):
        made = _made(part, outputs, lines)
        lines.append(f"  %s{len(lines)} = call i32 @Py{kind}_SetItem(ptr %z{k}, i64 {i}, ptr {made})")
    return f"%z{k}"


def _bits(number: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", number))[0])


def function_at(name: str, address: int, keep: Any) -> Any:
    """A function of Python at an address; what `keep` holds lives as long."""
    definition = _MethodDefinition(name.encode(), address, _FASTCALL, b"compiled by autograd.jit")
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.POINTER(_MethodDefinition), ctypes.py_object, ctypes.c_void_p)
    # Python drops what a function is bound to last, after it has looked at the definition for the last time.
    return make(ctypes.byref(definition), (definition, keep), None)
