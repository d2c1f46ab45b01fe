//! The part of FHIRPath that a search parameter may be written in, as lists of steps.
//!
//! A path of element names, with `|` between alternatives; `(x as T)`, `x.as(T)`, `x.ofType(T)`; `x[0]`, `x.first()`;
//! `extension('url')`; `where(path = 'text')`, `where(resolve() is Type)`, `where(hasExtension('url'))`; at the very end
//! `exists()`, also as `x.exists() and x != false`. Every expression of the standard parameters is of this kind.

/// Alternatives that one expression may come to.
const ALTERNATIVES_MAX: usize = 64;
/// Parentheses within parentheses.
const DEPTH_MAX: usize = 16;
/// A text in a message is cut to this.
const SHOWN_CHARS_MAX: usize = 60;

#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    Name(String),
    /// `(x as T)`, `x.as(T)`, `x.ofType(T)`.
    As(String),
    /// `where(resolve() is T)`.
    PointsAt(String),
    /// `where(type.coding.code = 'MR')`: a dotted path and a text.
    Where(String, String),
    /// `where(hasExtension('url'))`.
    Extended(String),
    /// `extension('url')`.
    Extension(String),
    /// `[0]`, `first()`.
    First,
    /// `exists()`.
    Exists,
    /// `x.exists() and x != false`: true where there is something other than false, else false.
    ExistsNotFalse,
}

/// The alternatives of `a | b | (c as T)`, each a list of steps; or a sentence that says what is not understood.
pub fn parse(text: &str) -> Result<Vec<Vec<Step>>, String> {
    if let Some((path, rest)) = text.split_once(".exists() and ")
        && without_blanks(rest) == format!("{}!=false", without_blanks(path))
    {
        let mut all = parse(path)?;
        push_to_all(&mut all, &Step::ExistsNotFalse);
        return Ok(all);
    }
    let mut parser = Parser { text, at: 0, depth: 0 };
    let all = parser.union()?;
    parser.blanks();
    if parser.at < text.len() {
        return Err(parser.strange());
    }
    for steps in &all {
        let ends = |step: &Step| matches!(step, Step::Exists | Step::PointsAt(_));
        if steps.iter().rev().skip(1).any(ends) {
            return Err("`exists()` and `where(resolve() is …)` may only stand at the end of a path".to_owned());
        }
    }
    Ok(all)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn union(&mut self) -> Result<Vec<Vec<Step>>, String> {
        let mut all = self.cast()?;
        while self.take("|") {
            all.extend(self.cast()?);
            if all.len() > ALTERNATIVES_MAX {
                return Err(format!("it has more than {ALTERNATIVES_MAX} alternatives"));
            }
        }
        Ok(all)
    }

    fn cast(&mut self) -> Result<Vec<Vec<Step>>, String> {
        let mut all = self.path()?;
        if self.take_word("as") {
            let type_ = self.type_name()?;
            push_to_all(&mut all, &Step::As(type_));
        }
        Ok(all)
    }

    fn path(&mut self) -> Result<Vec<Vec<Step>>, String> {
        let mut all = if self.take("(") {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err("its parentheses are nested too deep".to_owned());
            }
            let inner = self.union()?;
            self.expect(")")?;
            self.depth -= 1;
            inner
        } else {
            vec![vec![self.step()?]]
        };
        loop {
            if self.take("[") {
                match self.word()?.as_str() {
                    "0" => {}
                    _ => return Err("of places in a list only `[0]` is read".to_owned()),
                }
                self.expect("]")?;
                push_to_all(&mut all, &Step::First);
            } else if self.take(".") {
                let step = self.step()?;
                push_to_all(&mut all, &step);
            } else {
                return Ok(all);
            }
        }
    }

    fn step(&mut self) -> Result<Step, String> {
        let name = self.word()?;
        if !self.take("(") {
            return Ok(Step::Name(name));
        }
        let step = match name.as_str() {
            "as" | "ofType" => Step::As(self.type_name()?),
            "extension" => Step::Extension(self.quoted()?),
            "where" => self.condition()?,
            "first" => Step::First,
            "exists" => Step::Exists,
            _ => {
                return Err(format!(
                    "the function `{name}()` is not read; `as`, `ofType`, `first`, `where`, `extension` and `exists` are"
                ));
            }
        };
        if !self.take(")") {
            return Err(match step {
                Step::Where(..) if !self.rest().is_empty() => format!(
                    "a condition is one comparison with a text, such as `where(system = 'phone')`; not read from `{}`",
                    self.rest()
                ),
                _ => self.strange(),
            });
        }
        Ok(step)
    }

    fn condition(&mut self) -> Result<Step, String> {
        let name = self.word()?;
        if self.take("(") {
            let step = match name.as_str() {
                "resolve" => {
                    self.expect(")")?;
                    if !self.take_word("is") {
                        return Err(self.strange());
                    }
                    return Ok(Step::PointsAt(self.type_name()?));
                }
                "hasExtension" => Step::Extended(self.quoted()?),
                _ => return Err(format!("the function `{name}()` is not read in a condition")),
            };
            self.expect(")")?;
            return Ok(step);
        }
        let mut path = name;
        while self.take(".") {
            path.push('.');
            path.push_str(&self.word()?);
        }
        self.expect("=")?;
        Ok(Step::Where(path, self.quoted()?))
    }

    /// `Quantity`, `FHIR.Quantity`.
    fn type_name(&mut self) -> Result<String, String> {
        let name = self.word()?;
        if matches!(name.as_str(), "FHIR" | "System") && self.take(".") { self.word() } else { Ok(name) }
    }

    fn word(&mut self) -> Result<String, String> {
        self.blanks();
        let rest = &self.text[self.at..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.strange());
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    /// A text in a program stands between blanks and brackets, so it may hold none.
    fn quoted(&mut self) -> Result<String, String> {
        if !self.take("'") {
            return Err(format!("a text in single quotes is expected at `{}`", self.rest()));
        }
        let rest = &self.text[self.at..];
        let end = rest.find('\'').ok_or_else(|| self.strange())?;
        self.at += end + 1;
        let text = &rest[..end];
        if text.is_empty() || text.contains(|letter: char| letter.is_whitespace() || "\\;[]=".contains(letter)) {
            return Err(format!("the text `{text}` is empty or holds a blank or one of `\\ ; [ ] =`"));
        }
        Ok(text.to_owned())
    }

    fn take(&mut self, sign: &str) -> bool {
        self.blanks();
        let found = self.text[self.at..].starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// A word of the language, with a blank behind it.
    fn take_word(&mut self, word: &str) -> bool {
        self.blanks();
        let rest = self.text[self.at..].strip_prefix(word);
        let found = rest.is_some_and(|rest| rest.starts_with(char::is_whitespace));
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) { Ok(()) } else { Err(self.strange()) }
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> String {
        let rest = self.text[self.at..].trim();
        let mut shown: String = rest.chars().take(SHOWN_CHARS_MAX).collect();
        if shown.len() < rest.len() {
            shown.push('…');
        }
        shown
    }

    fn strange(&self) -> String {
        match self.rest() {
            rest if rest.is_empty() => "it breaks off".to_owned(),
            rest => format!("it is not read from `{rest}`"),
        }
    }
}

fn push_to_all(all: &mut [Vec<Step>], step: &Step) {
    all.iter_mut().for_each(|steps| steps.push(step.clone()));
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}
