"""Networks: torch modules that know no files and no devices; `catalog` lists them."""
