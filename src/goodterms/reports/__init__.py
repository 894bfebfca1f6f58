"""Figures for people who look."""
