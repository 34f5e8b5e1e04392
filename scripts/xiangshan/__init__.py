"""What `make_site_xiangshan.py` is made of."""
