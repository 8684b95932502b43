"""The same model elsewhere: what was recorded as text of another library or language, held to the engine's numbers."""
