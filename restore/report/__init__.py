"""The report about a restoration: the record for programs and the page for people."""
