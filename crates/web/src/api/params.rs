//! The parameters of a query, each taken once; what is left is an error, so that none is ignored in silence.

use base::{Error, Result};
use runtime::record::parse_query;
use std::str::FromStr;

pub struct Params(Vec<(String, String)>);

impl Params {
    pub fn read(query: &str) -> Result<Params> {
        Ok(Params(parse_query(query)?))
    }

    /// The value of a parameter; an error where it is given twice.
    pub fn take(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|(known, _)| known == name) else { return Ok(None) };
        let (_, value) = self.0.remove(at);
        match self.0.iter().any(|(known, _)| known == name) {
            true => Err(Error::invalid(format!("the parameter `{name}` is given twice"))),
            false => Ok(Some(value)),
        }
    }

    /// The value of a parameter that is a number or the like.
    pub fn take_as<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        let value =
            text.parse().map_err(|_| Error::invalid(format!("`{text}` does not fit the parameter `{name}`")))?;
        Ok(Some(value))
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid(format!("there is no parameter `{name}` here"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_taken_once_and_none_is_left() {
        let mut params = Params::read("q=%E5%BC%A0&count=20").unwrap();
        assert_eq!(params.take("q").unwrap().as_deref(), Some("张"));
        assert_eq!(params.take_as::<usize>("count").unwrap(), Some(20));
        assert_eq!(params.take("page").unwrap(), None);
        params.end().unwrap();
        assert!(Params::read("a=1&a=2").unwrap().take("a").is_err());
        assert!(Params::read("count=many").unwrap().take_as::<usize>("count").is_err());
        assert!(Params::read("limit=1").unwrap().end().is_err());
    }
}
