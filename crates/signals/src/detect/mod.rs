//! Detectors: is today's count more than what was to be expected? Each method has a file of its own with its formula,
//! its defaults, their source and its limits.

mod model;
mod one;
mod threshold;

pub use model::{Detector, Kept, Level, Method, Silent, Verdict};
pub use one::{add, begin, one};

/// Every method, in the order of the documentation.
pub static METHODS: &[&Method] = &[&threshold::METHOD];

/// The method of a name.
pub fn method(name: &str) -> base::Result<&'static Method> {
    METHODS.iter().copied().find(|method| method.name == name).ok_or_else(|| {
        let known: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
        base::Error::invalid(format!("there is no method `{name}`; there are: {}", known.join(", ")))
    })
}
