//! The part of FHIRPath that the expressions of the standard search parameters use, as lists of steps.

#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    Name(String),
    /// `(x as T)`, `x.as(T)`, `x.ofType(T)`.
    As(String),
    /// `where(resolve() is T)`.
    PointsAt(String),
    /// `where(type='successor')`.
    Where(String, String),
    /// `where(hasExtension('url'))`.
    Extended(String),
    /// `extension('url')`.
    Extension(String),
    /// `[0]`.
    First,
    /// `x.exists() and x != false`: true where there is something other than false, else false.
    ExistsNotFalse,
}

/// The alternatives of `a | b | (c as T)`, each a list of steps.
pub fn parse(text: &str) -> Result<Vec<Vec<Step>>, String> {
    if let Some((path, rest)) = text.split_once(".exists() and ")
        && rest == format!("{path} != false")
    {
        let mut steps = parse(path)?;
        steps.iter_mut().for_each(|steps| steps.push(Step::ExistsNotFalse));
        return Ok(steps);
    }
    let mut parser = Parser { text, at: 0 };
    let all = parser.union()?;
    parser.blanks();
    if parser.at < text.len() { Err(parser.strange()) } else { Ok(all) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn union(&mut self) -> Result<Vec<Vec<Step>>, String> {
        let mut all = self.cast()?;
        while self.take("|") {
            all.extend(self.cast()?);
        }
        Ok(all)
    }

    fn cast(&mut self) -> Result<Vec<Vec<Step>>, String> {
        let mut all = self.path()?;
        if self.take("as ") {
            let type_ = self.word()?;
            push_to_all(&mut all, Step::As(type_));
        }
        Ok(all)
    }

    fn path(&mut self) -> Result<Vec<Vec<Step>>, String> {
        let mut all = if self.take("(") {
            let inner = self.union()?;
            self.expect(")")?;
            inner
        } else {
            vec![vec![Step::Name(self.word()?)]]
        };
        loop {
            if self.take("[0]") {
                push_to_all(&mut all, Step::First);
            } else if self.take(".") {
                let step = self.step()?;
                push_to_all(&mut all, step);
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
            "as" | "ofType" => Step::As(self.word()?),
            "extension" => Step::Extension(self.quoted()?),
            "where" => self.condition()?,
            _ => return Err(self.strange()),
        };
        self.expect(")")?;
        Ok(step)
    }

    fn condition(&mut self) -> Result<Step, String> {
        if self.take("resolve() is ") {
            return Ok(Step::PointsAt(self.word()?));
        }
        if self.take("hasExtension(") {
            let url = self.quoted()?;
            self.expect(")")?;
            return Ok(Step::Extended(url));
        }
        let name = self.word()?;
        self.expect("=")?;
        Ok(Step::Where(name, self.quoted()?))
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

    fn quoted(&mut self) -> Result<String, String> {
        self.expect("'")?;
        let rest = &self.text[self.at..];
        let end = rest.find('\'').ok_or_else(|| self.strange())?;
        self.at += end + 1;
        Ok(rest[..end].to_owned())
    }

    fn take(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.text[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.strange()) }
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn strange(&self) -> String {
        format!("the expression `{}` is strange at `{}`", self.text, &self.text[self.at..])
    }
}

fn push_to_all(all: &mut [Vec<Step>], step: Step) {
    all.iter_mut().for_each(|steps| steps.push(step.clone()));
}
