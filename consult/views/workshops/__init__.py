"""Workshops at the desk: meetings and who came, transcripts, and the bench where they are tagged."""

from consult.views.workshops import bench, meetings, transcripts
from consult.views.workshops.door import bp

__all__ = ["bench", "bp", "meetings", "transcripts"]
