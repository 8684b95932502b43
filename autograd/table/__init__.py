"""What an operation is: the rows of the table, their numerics, and how machines compute them."""
