"""Sessions before they happen: table, columns, files, validation, station assignment."""
