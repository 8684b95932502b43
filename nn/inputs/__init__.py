"""What arguments may be, and what is said of wrong ones."""
