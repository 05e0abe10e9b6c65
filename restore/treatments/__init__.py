"""The treatments that can be applied to a film, one file or folder each; `catalog` lists them."""
