"""The treatments a film can get, one file or folder each; `catalog` lists them in their order."""
