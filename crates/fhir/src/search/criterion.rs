//! One parameter with its modifier and values as a `Criterion`.

use super::chain::chain;
use super::model::{Criterion, Match, Test, TextHow, UriHow, ValueTest};
use super::near::{shown, unknown_param};
use super::parse::Context;
use super::values::{self, list, unescaped};
use crate::definitions::{IndexKind, Param, ParamKind, ParamPath, TypeId};
use crate::fold::fold;
use crate::index::plan::Form;
use crate::index::{Target, contact_text, is_id, reference_target};
use base::limits::OR_VALUES_MAX;
use base::{Error, Result};

/// Modifiers of FHIR that this server knows of and does not carry out.
const UNSUPPORTED: [&str; 8] = ["in", "not-in", "of-type", "identifier", "above", "below", "text", "code-text"];
/// Matches that one criterion may come to: values times paths times types.
const MATCHES_MAX: usize = 8 * OR_VALUES_MAX;

/// A parameter of `type_` with its modifier, as the caller wrote them, and its values.
pub(super) fn criterion(context: &Context<'_>, type_: TypeId, name: &str, value: &str) -> Result<Criterion> {
    if name.contains('.') {
        return Ok(Criterion { param: name.to_owned(), test: chain(context, type_, name, value)? });
    }
    let test = if name == "resident" { resident(context, type_, value)? } else { plain(context, type_, name, value)? };
    Ok(Criterion { param: name.to_owned(), test })
}

/// A parameter that reads the resource itself.
pub(super) fn plain(context: &Context<'_>, type_: TypeId, name: &str, value: &str) -> Result<Test> {
    let (bare, modifier) = match name.split_once(':') {
        Some((bare, modifier)) => (bare, Some(modifier)),
        None => (name, None),
    };
    let unknown = || unknown_param(context.definitions, type_, bare);
    let param = context.definitions.param(type_, bare).ok_or_else(unknown)?;
    if !param.supported() {
        return Err(unsupported_param(param));
    }
    let criterion = Reading { context, type_, param, name };
    match (bare, modifier) {
        ("_id", None) => ids(name, value),
        ("_lastUpdated", None) => {
            let tests = list(name, value)?.into_iter().map(|value| values::date(context, name, value));
            Ok(Test::LastUpdated(tests.collect::<Result<_>>()?))
        }
        ("_id" | "_lastUpdated", Some(modifier)) => {
            Err(Error::unsupported(format!("`{bare}` has no modifier `:{}`; leave it out", shown(modifier))))
        }
        (_, Some("missing")) => criterion.missing(value),
        (_, Some("not")) if param.kind == ParamKind::Token => Ok(Test::None(criterion.matches(None, value)?)),
        (_, modifier) => Ok(Test::Any(criterion.matches(modifier, value)?)),
    }
}

fn unsupported_param(param: &Param) -> Error {
    let why = match param.kind {
        ParamKind::Composite => "composite parameters are not supported; use its parts as parameters of their own",
        ParamKind::Special => "special parameters are not supported; leave it out",
        _ => "it is not supported; leave it out",
    };
    Error::unsupported(format!("`{}`: {why}", param.name))
}

fn ids(name: &str, value: &str) -> Result<Test> {
    let ids: Vec<String> = list(name, value)?.into_iter().map(unescaped).collect();
    match ids.iter().find(|id| !is_id(id)) {
        Some(id) => Err(Error::invalid(format!(
            "`{name}={}` is no id; an id has letters, digits, `-` and `.`, at most 64",
            shown(id)
        ))),
        None => Ok(Test::Id(ids)),
    }
}

/// `resident=12` or `resident=Person/12`: in the compartment of any registration linked to this Person.
fn resident(context: &Context<'_>, type_: TypeId, value: &str) -> Result<Test> {
    if !context.definitions.in_patient_compartment(type_) {
        let type_name = context.definitions.type_name(type_);
        let text = format!("`resident` finds what belongs to a patient, which `{type_name}` does not; leave it out");
        return Err(Error::unsupported(text));
    }
    let mut ids = Vec::new();
    for value in list("resident", value)? {
        let text = unescaped(value);
        let id = text.strip_prefix("Person/").unwrap_or(&text);
        if !is_id(id) {
            let text = format!("`resident={}` is no id of a Person; write `12` or `Person/12`", shown(value));
            return Err(Error::invalid(text));
        }
        ids.push(id.to_owned());
    }
    Ok(Test::Resident(ids))
}

/// A parameter of a type, and its name as the caller wrote it.
struct Reading<'a> {
    context: &'a Context<'a>,
    type_: TypeId,
    param: &'a Param,
    name: &'a str,
}

impl Reading<'_> {
    /// Every value under every path of the parameter.
    fn matches(&self, modifier: Option<&str>, value: &str) -> Result<Vec<Match>> {
        let mut matches = Vec::new();
        for value in list(self.name, value)? {
            let before = matches.len();
            match self.param.kind {
                ParamKind::String => self.text(modifier, value, &mut matches)?,
                ParamKind::Token => self.token(modifier, value, &mut matches)?,
                ParamKind::Reference => self.reference(modifier, value, &mut matches)?,
                ParamKind::Uri => self.uri(modifier, value, &mut matches)?,
                ParamKind::Date => {
                    self.no_modifier(modifier)?;
                    let test = ValueTest::Date(values::date(self.context, self.name, value)?);
                    self.under_all_paths(&test, &mut matches);
                }
                ParamKind::Number => {
                    self.no_modifier(modifier)?;
                    let test = ValueTest::Number(values::number(self.name, value)?);
                    self.under_all_paths(&test, &mut matches);
                }
                ParamKind::Quantity => {
                    self.no_modifier(modifier)?;
                    let values::Quantity { number, system, code } = values::quantity(self.name, value)?;
                    self.under_all_paths(&ValueTest::Quantity { number, system, code }, &mut matches);
                }
                ParamKind::Composite | ParamKind::Special => return Err(unsupported_param(self.param)),
            }
            debug_assert!(matches.len() > before, "every value gives a match or an error");
            if matches.len() > MATCHES_MAX {
                let text = format!("`{}` comes to more than {MATCHES_MAX} comparisons; give fewer values", self.name);
                return Err(Error::too_costly(text));
            }
        }
        Ok(matches)
    }

    fn under_all_paths(&self, test: &ValueTest, out: &mut Vec<Match>) {
        out.extend(self.param.paths.iter().map(|path| Match { path: path.path, test: test.clone() }));
    }

    fn no_modifier(&self, modifier: Option<&str>) -> Result<()> {
        modifier.map_or(Ok(()), |modifier| Err(self.bad_modifier(modifier)))
    }

    fn bad_modifier(&self, modifier: &str) -> Error {
        let kind = self.param.kind;
        let known = match kind {
            ParamKind::String => "`:exact`, `:contains`, `:missing`",
            ParamKind::Token => "`:not`, `:text`, `:missing`",
            ParamKind::Reference => "a type such as `:Patient`, and `:missing`",
            ParamKind::Uri => "`:below`, `:above`, `:missing`",
            _ => "`:missing`",
        };
        let state = if UNSUPPORTED.contains(&modifier) { "is not supported" } else { "is not known" };
        let (name, modifier) = (self.param.name, shown(modifier));
        Error::unsupported(format!(
            "the modifier `:{modifier}` {state} for `{name}`, a {}; it takes {known}",
            kind.name()
        ))
    }

    fn text(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let how = match modifier {
            None => TextHow::Starts,
            Some("exact") => TextHow::Exact,
            Some("contains") => TextHow::Contains,
            Some(other) => return Err(self.bad_modifier(other)),
        };
        let original = unescaped(value);
        let folded = fold(&original);
        if folded.is_empty() {
            return Err(Error::invalid(format!("`{}` has a value without a letter or digit", shown(self.name))));
        }
        for path in &self.param.paths {
            let spelled = self.context.definitions.path(path.path).key.ends_with("#pinyin");
            let folded = match (spelled, how) {
                (true, TextHow::Exact) => continue,
                (true, _) => folded.replace(' ', ""),
                (false, _) => folded.clone(),
            };
            out.push(Match { path: path.path, test: ValueTest::Text { how, folded, original: original.clone() } });
        }
        Ok(())
    }

    fn token(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        match modifier {
            None => {}
            Some("text") => return self.token_text(value, out),
            Some(other) => return Err(self.bad_modifier(other)),
        }
        let (system, code) = values::token(self.name, value)?;
        for path in &self.param.paths {
            let test = if self.context.definitions.path(path.path).kind == IndexKind::Identifier {
                let system = self.contact_system(path, system.clone())?;
                let contact = self.has_form(path, Form::Contact);
                let value = code.as_deref().map(|code| if contact { contact_text(code) } else { code.to_owned() });
                ValueTest::Identifier { system, value }
            } else {
                if self.only_flags(path) && !matches!(code.as_deref(), Some("true" | "false")) {
                    let text = format!("`{}={}` must be `true` or `false`", shown(self.name), shown(value));
                    return Err(Error::invalid(text));
                }
                ValueTest::Token { system: system.clone(), code: code.clone() }
            };
            out.push(Match { path: path.path, test });
        }
        Ok(())
    }

    /// `phone` finds phone numbers only, whether or not the caller says so again.
    fn contact_system(&self, path: &ParamPath, system: Option<String>) -> Result<Option<String>> {
        match (path.system, system) {
            (Some(only), None) => Ok(Some(only.to_owned())),
            (Some(only), Some(system)) if system != only => {
                let text =
                    format!("`{}` finds `{only}` only, not `{}`; use `telecom`", self.param.name, shown(&system));
                Err(Error::invalid(text))
            }
            (_, system) => Ok(system),
        }
    }

    fn has_form(&self, path: &ParamPath, form: Form) -> bool {
        self.context.definitions.plan(self.type_).forms(path.path).any(|other| other == form)
    }

    fn only_flags(&self, path: &ParamPath) -> bool {
        self.context
            .definitions
            .plan(self.type_)
            .forms(path.path)
            .all(|form| matches!(form, Form::Flag | Form::Present))
    }

    fn token_text(&self, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let folded = fold(&unescaped(value));
        if folded.is_empty() {
            return Err(Error::invalid(format!("`{}` has a value without a letter or digit", shown(self.name))));
        }
        for path in &self.param.paths {
            if self.context.definitions.path(path.path).kind != IndexKind::Token {
                return Err(Error::unsupported(format!("`{}` holds no texts; leave `:text` out", self.param.name)));
            }
            out.push(Match { path: path.path, test: ValueTest::TokenText(folded.clone()) });
        }
        Ok(())
    }

    fn uri(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let how = match modifier {
            None => UriHow::Equal,
            Some("below") => UriHow::Below,
            Some("above") => UriHow::Above,
            Some(other) => return Err(self.bad_modifier(other)),
        };
        // A canonical has its version after `|`; a uri holds no such sign.
        let text = unescaped(value);
        let (uri, version) = match text.split_once('|') {
            Some((uri, version)) => (uri.to_owned(), Some(version.to_owned())),
            None => (text, None),
        };
        self.under_all_paths(&ValueTest::Uri { how, uri, version }, out);
        Ok(())
    }

    fn reference(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let only = match modifier {
            None => None,
            Some(name) => match self.context.definitions.type_named(name) {
                Some(type_) if self.param.targets.contains(&type_) => Some(type_),
                Some(_) => return Err(self.never_points_at(name)),
                None => return Err(self.bad_modifier(name)),
            },
        };
        let targets = self.targets(only, value)?;
        for path in &self.param.paths {
            let allowed = |target: &&Target| match (path.target, target) {
                (Some(only), Target::Local { type_, .. }) => *type_ == only,
                _ => true,
            };
            let tests = targets.iter().filter(allowed).map(|target| ValueTest::Reference(target.clone()));
            out.extend(tests.map(|test| Match { path: path.path, test }));
        }
        Ok(())
    }

    /// What the value may point at: `23`, `Patient/23`, an absolute URL.
    fn targets(&self, only: Option<TypeId>, value: &str) -> Result<Vec<Target>> {
        let text = unescaped(value);
        let own = text.strip_prefix(self.context.base_url).and_then(|rest| rest.strip_prefix('/'));
        let text = match own {
            Some(local) if !self.context.base_url.is_empty() => local,
            _ => &text,
        };
        if text.contains(':') {
            // The index holds canonicals without their versions.
            return Ok(vec![Target::Url(text.split('|').next().unwrap_or_default().to_owned())]);
        }
        if is_id(text) {
            let types = only.as_ref().map_or(self.param.targets.as_slice(), std::slice::from_ref);
            return Ok(types.iter().map(|type_| Target::Local { type_: *type_, id: text.to_owned() }).collect());
        }
        match reference_target(text) {
            Target::Local { type_, .. } if only.is_some_and(|only| only != type_) => {
                Err(Error::invalid(format!("`{}={}` names two types; leave one out", shown(self.name), shown(value))))
            }
            Target::Local { type_, .. } if !self.param.targets.contains(&type_) => {
                Err(self.never_points_at(self.context.definitions.type_name(type_)))
            }
            target @ Target::Local { .. } => Ok(vec![target]),
            Target::Url(_) => Err(Error::invalid(format!(
                "`{}={}` is no reference; write `23`, `Patient/23` or an absolute URL",
                shown(self.name),
                shown(value)
            ))),
        }
    }

    fn never_points_at(&self, type_name: &str) -> Error {
        let definitions = self.context.definitions;
        let targets: Vec<&str> = self.param.targets.iter().take(8).map(|type_| definitions.type_name(*type_)).collect();
        let text = format!("`{}` never points at `{type_name}`, only at {}", self.param.name, targets.join(", "));
        Error::invalid(text)
    }

    fn missing(&self, value: &str) -> Result<Test> {
        let missing = match value {
            "true" => true,
            "false" => false,
            _ => {
                let text = format!("`{}={}` must be `true` or `false`", shown(self.name), shown(value));
                return Err(Error::invalid(text));
            }
        };
        let paths = &self.param.paths;
        if paths.iter().all(|path| path.target.is_none() && path.system.is_none()) {
            return Ok(Test::Missing { paths: paths.iter().map(|path| path.path).collect(), missing });
        }
        // `patient` is missing where the subject is a Group: a value under the path says nothing yet.
        let any = paths.iter().map(|path| Match { path: path.path, test: self.any_value(path) }).collect();
        Ok(if missing { Test::None(any) } else { Test::Any(any) })
    }

    fn any_value(&self, path: &ParamPath) -> ValueTest {
        match path.target {
            Some(type_) => ValueTest::Reference(Target::Local { type_, id: String::new() }),
            None => ValueTest::Identifier { system: path.system.map(str::to_owned), value: None },
        }
    }
}
