//! What the engine's users may rely on.

mod threshold;
