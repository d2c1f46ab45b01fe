//! Who works where, in memory: of each post what finds it and puts it in order, so that a name is looked for in the whole
//! city without reading the shelf. What a post shows is read from its row.

use super::picture;
use super::reaction::{DIVIDER, REACTION};
use super::rows::{POST, PostRow, order};
use base::Result;
use runtime::program::Env;
use std::sync::Arc;

/// All posts, in the order of their organizations' ids and then of names.
pub struct Staff(pub Vec<Post>);

/// What is kept of a post.
pub struct Post {
    pub id: String,
    pub keys: String,
    pub organization: Option<String>,
    /// Id of the organization and name in pinyin.
    pub sort: String,
    pub post: Option<(String, String)>,
    pub valid_from: Option<String>,
    pub active: bool,
}

/// The posts as of where the reaction's cursor stands.
pub fn staff(env: &Env) -> Result<Arc<Staff>> {
    let mark = env.store.cursor(REACTION.name)?;
    env.kept.at("directory.staff", mark, || {
        let mut posts: Vec<Post> = picture::rows(&env.store, POST)?.into_iter().map(Post::of).collect();
        posts.sort_by(|a, b| (&a.sort, &a.id).cmp(&(&b.sort, &b.id)));
        Ok(Staff(posts))
    })
}

impl Post {
    fn of(row: PostRow) -> Post {
        let sort = format!("{}{DIVIDER}{}", row.organization.as_deref().unwrap_or_default(), order(&row.name));
        Post {
            id: row.id,
            keys: row.keys,
            organization: row.organization,
            sort,
            post: row.post,
            valid_from: row.valid_from,
            active: row.active,
        }
    }

    /// The name in pinyin.
    pub fn order(&self) -> &str {
        self.sort.split_once(DIVIDER).map_or("", |(_, order)| order)
    }
}
