"""The requirements of the sdc sheet, one a file."""
