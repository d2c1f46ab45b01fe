//! Residents: households, names, lives.
