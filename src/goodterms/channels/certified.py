"""Certified letters: a letter into a folder of its own, whose posting and receipt are then proved."""

from goodterms.channels.letter import LetterChannel


class CertifiedChannel(LetterChannel):
    """The same PDF as a letter's; what proves its way to the customer is recorded by flows.record_proof."""

    called = "certified folder"
