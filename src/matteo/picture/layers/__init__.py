"""Layered files: a stack of pictures that stays editable. PSD and OpenEXR need `matteo[layers]`, OpenRaster nothing."""
