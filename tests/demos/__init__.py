"""The numbers that the demos come to, a file for each chapter: NUMBERS[demo][expression] = value."""
