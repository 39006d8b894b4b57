"""The tables, one module to each thing; migrations import none of them."""
