"""SQL, a file for each group of tables; every function works in the transaction it is given."""
