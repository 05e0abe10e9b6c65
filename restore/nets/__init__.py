"""Networks: torch modules that do not depend on files or devices; `catalog` lists them."""
