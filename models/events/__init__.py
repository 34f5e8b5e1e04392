"""What a track did: pier calls."""
