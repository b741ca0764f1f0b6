"""Imported once by the process that all others are forked from: what takes long to load is loaded there."""

from service.summary.pdf import load_fonts
from tests.killing import player as player

load_fonts()
