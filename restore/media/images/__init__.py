"""Image files: headers, sequences of numbered files, and writing them."""
