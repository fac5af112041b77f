"""The notary: from a digest to a proof that others can check. It knows no listing and no exhibit, only digests."""
