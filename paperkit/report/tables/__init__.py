"""Every kind of table, from the runs to columns of cells."""
