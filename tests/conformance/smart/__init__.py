"""The requirements of the smart sheet, one a file."""
