//! Detectors: is today's count more than what was to be expected? Each method has a file of its own with its formula,
//! its defaults, their source and its limits.

mod bayes;
mod cdc;
mod cusum;
mod ears;
mod essence_ewma;
mod essence_regression;
mod essence_switch;
mod ewma;
pub mod farrington;
pub mod farrington_flexible;
mod glr;
pub mod holidays;
mod in_control;
pub mod many;
pub mod mem;
mod model;
mod nb_regression;
mod one;
pub mod percentile;
mod ratio;
pub mod reference;
mod rki;
mod serfling;
mod shewhart;
mod threshold;
pub mod window;

pub use many::many;
pub use model::{Detector, Kept, Level, Method, Silent, Verdict};
pub use one::{add, begin, one};

/// Every method, in the order of the documentation.
pub static METHODS: &[&Method] = &[
    &threshold::METHOD,
    &ears::C1,
    &ears::C2,
    &ears::C3,
    &cusum::METHOD,
    &shewhart::METHOD,
    &ewma::METHOD,
    &rki::RKI1,
    &rki::RKI2,
    &rki::RKI3,
    &bayes::BAYES1,
    &bayes::BAYES2,
    &bayes::BAYES3,
    &cdc::METHOD,
    &percentile::METHOD,
    &essence_regression::METHOD,
    &essence_ewma::METHOD,
    &essence_switch::METHOD,
    &farrington::METHOD,
    &farrington_flexible::METHOD,
    &glr::LR,
    &glr::GLR,
    &nb_regression::METHOD,
    &serfling::METHOD,
    &mem::METHOD,
];

/// The method of a name.
pub fn method(name: &str) -> base::Result<&'static Method> {
    METHODS.iter().copied().find(|method| method.name == name).ok_or_else(|| {
        let known: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
        base::Error::invalid(format!("there is no method `{name}`; there are: {}", known.join(", ")))
    })
}
