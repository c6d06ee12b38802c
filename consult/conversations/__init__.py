"""Conversations by text message before a person: designing, looking after, answering, caring."""
