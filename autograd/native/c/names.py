"""Labels of Values as identifiers of C, and as text inside a comment of C."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_WORDS = (
    # keywords of C, and of C++ for those who paste from the file
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl complex const "
    "constexpr const_cast continue decltype default delete do double dynamic_cast else enum explicit export "
    "extern false float for friend goto if imaginary inline int long mutable namespace new noexcept not not_eq "
    "nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short "
    "signed sizeof static static_assert static_cast struct switch template this thread_local throw true try "
    "typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq "
    # functions that generated code may call, and others of C's library whose names a variable or a function cannot take
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor "
    "fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf "
    "nan nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh "
    "tgamma trunc j0 j1 jn y0 y1 yn gamma drem significand fpclassify isfinite isinf isnan isnormal signbit abs "
    "abort atexit atof atoi calloc div exit fclose fopen fprintf free fscanf getc getchar index labs main malloc "
    "memcpy memset printf putc putchar puts qsort rand realloc remove rename rindex scanf srand sprintf sscanf "
    "stderr stdin stdout strcpy strlen system "
    "double_t float_t isgreater isgreaterequal isless islessequal islessgreater isunordered cabs carg cexp cimag clog "
    "conj cpow cproj creal csqrt memchr memcmp memmove snprintf vprintf vsnprintf fputs fputc putchar isalnum isalpha "
    "isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower toupper strcat strchr "
    "strcmp strncmp strncpy strdup strstr alloca bcmp bcopy bzero execl execv fork ffs stpcpy "
    # what generated code calls its own, and macros that compilers define
    "count data first i j n numbers offsetof outputs ptrdiff_t results strips s size_t slots total u weight "
    "workspace linux unix i386 "
)
_RESERVED = frozenset(_WORDS.split())
_TEMPORARY = re.compile(r"[tm][0-9]+")
_MACRO = re.compile(r"[A-Z][A-Z_]{2}[A-Z0-9_]*")  # NAN, EOF, M_PI: what headers define is spelled so
_LONGEST = 31  # characters that C99 promises to tell external names by


def identifier(text: str, default: str = "x") -> str:
    """A text as an identifier of C that means nothing yet.

    >>> identifier("loss"), identifier("θ"), identifier("2nd try!"), identifier("exp"), identifier("")
    ('loss', 'theta', 'x_2nd_try', 'exp_', 'x')
    """
    name = "".join(map(_letters, text))
    name = re.sub("_{2,}", "_", name).strip("_")[:_LONGEST] or default
    if not name[0].isalpha():
        name = f"{default}_{name}"
    taken = (
        name in _RESERVED
        or (name[:-1] in _RESERVED and name[-1] in "fl")
        or _TEMPORARY.fullmatch(name)
        or _MACRO.fullmatch(name)
    )
    return f"{name}_" if taken else name


def _letters(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else "_"
    words = unicodedata.name(character, "").split()
    return words[3].lower() if words[:3] == ["GREEK", "SMALL", "LETTER"] and len(words) == 4 else "_"


def identifiers(labels: Sequence[str | None], default: str, taken: Iterable[str] = ()) -> list[str]:
    """Identifiers for labels, all different from one another and from those taken; by number where there is no label.

    >>> identifiers(["w", "w", None], "x")
    ['w', 'w_2', 'x2']
    """
    used = set(taken)
    names = []
    for i, label in enumerate(labels):
        first = name = identifier(label, default) if label else f"{default}{i}"
        k = 1
        while name in used:
            k += 1
            name = f"{first.rstrip('_')}_{k}"
        used.add(name)
        names.append(name)
    return names


def in_comment(text: str) -> str:
    """A text that can neither end a comment of C, nor begin another, nor continue a line.

    >>> in_comment("a */ b??/"), in_comment("x₁ = 2.5")
    ('a __ b___', 'x₁ = 2.5')
    """
    kept = "".join(c if c.isalnum() or c in " _-+.,:;=()[]'^" else "_" for c in text)
    return kept if len(kept) <= 40 else kept[:37] + "..."
