"""Sessions before they happen: table, validation, files, generators, station assignment, importers."""
