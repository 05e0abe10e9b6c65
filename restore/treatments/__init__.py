"""The treatments a film can get, one file each; `catalog` lists them in their order."""
