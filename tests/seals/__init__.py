"""Tests of seals: the tree, the document, the rows, the files, and what is found by them."""
