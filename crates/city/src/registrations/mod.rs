//! Registrations: what institutions have written about a person, with clerical errors.
