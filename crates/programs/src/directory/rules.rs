//! What an import of institutions would do: drafts and what is known in, what happens to each line out. Pure.

use super::import::table::{Column, Draft, Flaw};
use super::picture::Picture;
use super::rows::InstitutionRow;
use access::directory::Keeps;
use runtime::program::Said;
use std::collections::HashMap;

/// Levels of the tree; a city has six.
const HEIGHT_MAX: usize = 64;

/// An institution of the record that carries a code of the file.
#[derive(Clone, Debug)]
pub struct Existing {
    pub id: String,
    pub version: u32,
    pub row: InstitutionRow,
}

/// What is known beside the file.
pub struct Known<'a> {
    /// Who belongs to whom.
    pub picture: &'a Picture,
    /// By code: those of the file's lines and of the parents they name, as they are in the record now.
    pub existing: &'a HashMap<String, Vec<Existing>>,
    pub keeps: &'a Keeps,
}

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Change,
    Same,
    Error,
}

/// A line with its verdict.
#[derive(Debug)]
pub struct Verdict {
    pub action: Action,
    /// What it would change: column, before, after.
    pub changes: Vec<(Column, Option<String>, Option<String>)>,
    pub flaws: Vec<Flaw>,
    /// The id of the institution above, where the line names one that is in the record.
    pub parent: Option<Above>,
}

/// The institution above one of the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Above {
    /// In the record, by id.
    Record(String),
    /// In the file only, by code.
    File(String),
}

/// The verdict on each line.
pub fn judge(drafts: &[Draft], known: &Known<'_>) -> Vec<Verdict> {
    let file = FileView::of(drafts, known);
    drafts.iter().map(|draft| verdict(draft, known, &file)).collect()
}

fn verdict(draft: &Draft, known: &Known<'_>, file: &FileView<'_>) -> Verdict {
    let mut flaws = draft.flaws.clone();
    let mut wrong = |column: Column, text: Option<Said>| flaws.extend(text.map(|text| Flaw { column, text }));
    let existing = existing(draft, known);
    wrong(Column::Code, file.code_twice(draft));
    wrong(Column::Code, known_twice(draft, known));
    wrong(Column::Name, name_taken(draft, known, file));
    wrong(Column::Parent, parent_missing(draft, known, file));
    wrong(Column::Parent, file.circle(draft, known));
    wrong(Column::Parent, not_kept(draft, known, file));
    let changes = changes(draft, existing.map(|existing| &existing.row), known, file);
    let action = match existing {
        _ if !flaws.is_empty() => Action::Error,
        None => Action::Create,
        Some(_) if changes.is_empty() => Action::Same,
        Some(_) => Action::Change,
    };
    Verdict { action, changes, flaws, parent: file.above_of(draft, known) }
}

/// The institution of the record that a line is about.
pub fn existing<'a>(draft: &Draft, known: &Known<'a>) -> Option<&'a Existing> {
    known.existing.get(draft.code.as_deref()?)?.first()
}

/// The file's lines among each other.
struct FileView<'a> {
    by_code: HashMap<&'a str, Vec<&'a Draft>>,
    by_name: HashMap<(&'a str, &'a str), Vec<&'a Draft>>,
    /// Who is above whom once the file is in: only those that the file tells.
    above: HashMap<Above, Above>,
}

impl<'a> FileView<'a> {
    fn of(drafts: &'a [Draft], known: &Known<'_>) -> FileView<'a> {
        let mut file = FileView { by_code: HashMap::new(), by_name: HashMap::new(), above: HashMap::new() };
        for draft in drafts {
            if let Some(code) = &draft.code {
                file.by_code.entry(code).or_default().push(draft);
            }
            let kind = draft.kind.as_deref().unwrap_or_default();
            file.by_name.entry((&draft.name, kind)).or_default().push(draft);
        }
        for draft in drafts {
            if let (Some(own), Some(above)) = (node(draft, known), file.above_of(draft, known)) {
                file.above.insert(own, above);
            }
        }
        file
    }

    /// What a line's parent code names.
    fn above_of(&self, draft: &Draft, known: &Known<'_>) -> Option<Above> {
        let code = draft.parent.as_deref()?;
        match known.existing.get(code).and_then(|found| found.first()) {
            Some(existing) => Some(Above::Record(existing.id.clone())),
            None => self.by_code.contains_key(code).then(|| Above::File(code.to_owned())),
        }
    }

    fn code_twice(&self, draft: &Draft) -> Option<Said> {
        let lines = self.by_code.get(draft.code.as_deref()?)?;
        let others: Vec<String> =
            lines.iter().filter(|other| other.line != draft.line).map(|other| other.line.to_string()).collect();
        let (zh, en) = (others.join("、"), others.join(", "));
        let told = || Said::new(format!("与第 {zh} 行的代码相同"), format!("line {en} has the same code"));
        (!others.is_empty()).then(told)
    }

    /// What is above a node once the file is in.
    fn above(&self, node: &Above, known: &Known<'_>) -> Option<Above> {
        if let Some(above) = self.above.get(node) {
            return Some(above.clone());
        }
        let Above::Record(id) = node else { return None };
        known.picture.institution(id)?.row.parent.clone().map(Above::Record)
    }

    /// Where the way up from a line comes back to it.
    fn circle(&self, draft: &Draft, known: &Known<'_>) -> Option<Said> {
        let own = node(draft, known)?;
        let mut names = vec![draft.name.clone()];
        let mut here = self.above.get(&own)?.clone();
        for _ in 0..HEIGHT_MAX {
            names.push(self.name(&here, known));
            if here == own {
                let way = names.join(" → ");
                return Some(Said::new(
                    format!("机构会成为自己的上级：{way}"),
                    format!("it would belong to itself: {way}"),
                ));
            }
            here = self.above(&here, known)?;
        }
        Some(Said::new(
            format!("机构树会超过 {HEIGHT_MAX} 层"),
            format!("the tree would be higher than {HEIGHT_MAX} levels"),
        ))
    }

    fn name(&self, node: &Above, known: &Known<'_>) -> String {
        match node {
            Above::Record(id) => known.picture.institution(id).map_or(id.clone(), |found| found.row.name.clone()),
            Above::File(code) => self.by_code.get(code.as_str()).map_or(code.clone(), |lines| lines[0].name.clone()),
        }
    }

    /// Whether a node is another or below it once the file is in.
    fn is_within(&self, node: &Above, top: &Above, known: &Known<'_>) -> bool {
        let mut here = node.clone();
        for _ in 0..HEIGHT_MAX {
            if here == *top {
                return true;
            }
            match self.above(&here, known) {
                Some(above) => here = above,
                None => return false,
            }
        }
        false
    }
}

fn node(draft: &Draft, known: &Known<'_>) -> Option<Above> {
    match existing(draft, known) {
        Some(existing) => Some(Above::Record(existing.id.clone())),
        None => draft.code.clone().map(Above::File),
    }
}

fn known_twice(draft: &Draft, known: &Known<'_>) -> Option<Said> {
    let found = known.existing.get(draft.code.as_deref()?)?;
    let ids: Vec<&str> = found.iter().map(|existing| existing.id.as_str()).collect();
    let (zh, en) = (ids.join("、"), ids.join(", "));
    let told = || {
        Said::new(
            format!("记录中有多个机构使用此代码：{zh}"),
            format!("the record has several institutions with this code: {en}"),
        )
    };
    (ids.len() > 1).then(told)
}

/// The same name and kind under another code is the same institution twice.
fn name_taken(draft: &Draft, known: &Known<'_>, file: &FileView<'_>) -> Option<Said> {
    if draft.name.is_empty() {
        return None;
    }
    let kind = draft.kind.as_deref().unwrap_or_default();
    let twins = file.by_name.get(&(draft.name.as_str(), kind))?;
    if let Some(twin) = twins.iter().find(|twin| twin.line != draft.line && twin.code != draft.code) {
        let line = twin.line;
        return Some(Said::new(
            format!("与第 {line} 行名称和类别相同，代码不同"),
            format!("line {line} has the same name and kind under another code"),
        ));
    }
    let own = existing(draft, known);
    let row = |row: &InstitutionRow| {
        let is_kind = draft.kind.is_none() || row.kind == draft.kind;
        row.name == draft.name && is_kind && row.code != draft.code && own.is_none_or(|own| own.id != row.id)
    };
    let found = known.picture.named(&draft.name).find(|institution| row(&institution.row))?;
    let code = found.row.code.as_deref().unwrap_or("–");
    Some(Said::new(
        format!("记录中已有同名机构，代码为 `{code}`"),
        format!("the record has an institution of this name already, with the code `{code}`"),
    ))
}

fn parent_missing(draft: &Draft, known: &Known<'_>, file: &FileView<'_>) -> Option<Said> {
    let code = draft.parent.as_deref()?;
    let missing = file.above_of(draft, known).is_none();
    let told = || {
        Said::new(
            format!("没有代码为 `{code}` 的机构：记录和本文件中都没有"),
            format!("no institution has the code `{code}`, neither in the record nor in this file"),
        )
    };
    missing.then(told)
}

/// Who keeps a part of the directory takes nothing from outside into it, and gives nothing away.
fn not_kept(draft: &Draft, known: &Known<'_>, file: &FileView<'_>) -> Option<Said> {
    let Keeps::Below { id } = known.keeps else { return None };
    let top = Above::Record(id.clone());
    let own = node(draft, known)?;
    let existing = existing(draft, known);
    let before = |existing: &Existing| {
        let place = known.picture.place_of(&existing.id);
        place.zip(known.picture.place_of(id)).is_some_and(|(at, top)| known.picture.is_within(at, top))
    };
    if existing.is_some_and(|existing| !before(existing)) {
        return Some(Said::new("该机构不在您的辖区内", "the institution is outside your district"));
    }
    if own == top && file.above.get(&own).is_some_and(|above| Some(above) != record_above(existing).as_ref()) {
        let zh = "本区主管部门的上级由市里调整";
        return Some(Said::new(zh, "the place of your own district is changed by the city"));
    }
    if own == top && existing.is_some_and(|existing| gives_itself_more(draft, &existing.row)) {
        let zh = "本机构的类别和所属区由上级调整";
        return Some(Said::new(zh, "the kind and the district of your own institution are changed by the one above"));
    }
    let inside = file.is_within(&own, &top, known);
    let zh = "机构必须留在您的辖区之下；请在 `上级代码` 中填写辖区内的机构";
    let en = "the institution has to stay below your district; name one of it in `上级代码`";
    (!inside).then(|| Said::new(zh, en))
}

/// How far somebody's say about rules reaches follows from kind and district of the own institution: who keeps it does
/// not change them. A street of the district may be told.
fn gives_itself_more(draft: &Draft, was: &InstitutionRow) -> bool {
    const DISTRICT_DIGITS: usize = 6;
    let district =
        |area: &Option<String>| area.as_ref().and_then(|area| area.get(..DISTRICT_DIGITS)).map(str::to_owned);
    let other_kind = draft.kind.is_some() && draft.kind != was.kind;
    let other_district = draft.area.is_some() && district(&draft.area) != district(&was.area);
    other_kind || other_district
}

fn record_above(existing: Option<&Existing>) -> Option<Above> {
    existing?.row.parent.clone().map(Above::Record)
}

/// Whether an area is one that the institution is in already: a line that names the district and no street leaves the
/// street as it is.
fn is_coarser(area: &str, was: Option<&InstitutionRow>) -> bool {
    was.and_then(|was| was.area.as_deref()).is_some_and(|known| known != area && known.starts_with(area))
}

/// What the line says otherwise than the record.
fn changes(
    draft: &Draft,
    was: Option<&InstitutionRow>,
    known: &Known<'_>,
    file: &FileView<'_>,
) -> Vec<(Column, Option<String>, Option<String>)> {
    let of = |read: &dyn Fn(&InstitutionRow) -> Option<String>| was.and_then(read);
    let parent = |id: &String| {
        let above = known.picture.institution(id).and_then(|above| above.row.code.clone());
        above.unwrap_or_else(|| id.clone())
    };
    // A parent is compared by who it is, and told by its code.
    let same_parent = match (file.above_of(draft, known), was) {
        (Some(Above::Record(id)), Some(was)) => was.parent.as_deref() == Some(id.as_str()),
        _ => false,
    };
    let said = [
        (Column::Name, of(&|row| Some(row.name.clone())), Some(draft.name.clone())),
        (Column::Code, of(&|row| row.code.clone()), draft.code.clone()),
        (Column::Kind, of(&|row| row.kind.clone()), draft.kind.clone()),
        (Column::Level, of(&|row| row.level.clone()), draft.level.clone()),
        (Column::Parent, of(&|row| row.parent.as_ref().map(parent)), draft.parent.clone().filter(|_| !same_parent)),
        (Column::District, of(&|row| row.area.clone()), draft.area.clone().filter(|area| !is_coarser(area, was))),
        (Column::Address, of(&|row| row.address.clone()), draft.address.clone()),
        (Column::Phone, of(&|row| row.phone.clone()), draft.phone.clone()),
        (Column::Active, of(&|row| Some(row.active.to_string())), draft.active.map(|active| active.to_string())),
        (Column::ValidFrom, of(&|row| row.valid_from.clone()), draft.valid_from.clone()),
    ];
    said.into_iter().filter(|(_, before, after)| after.is_some() && before != after).collect()
}
