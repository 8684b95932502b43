"""What people call: jit, compile, native_step."""
