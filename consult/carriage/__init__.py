"""Carriage: what each transport needs beside sending: fetching, catching up, blanking, carrying by hand."""
