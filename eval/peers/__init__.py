"""Extrait beside what people would use instead: one corpus, one encoder, one judge, one table."""
