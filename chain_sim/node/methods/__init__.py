"""The methods, by subject, and the table of all of them."""
