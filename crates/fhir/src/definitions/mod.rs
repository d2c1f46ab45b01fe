//! FHIR R4 4.0.1 as data: one committed text table, read once.

mod hash;
mod load;
mod model;
mod primitive;
mod search;

pub use load::Structure;
pub use model::{
    Binding, BindingId, ElementDef, ElementType, MemberDef, PathId, Shape, ShapeId, ShapeKind, TypeId, ValueType,
};
pub use primitive::Primitive;
pub use search::*;

use std::sync::LazyLock;

const TABLE: &str = include_str!("../../data/r4.txt");

/// The line between the structures and the search parameters in the table.
pub const SEARCH_MARK: &str = "== search\n";

/// All that is known of R4: structures (types, shapes, bindings) and search parameters.
#[derive(Debug)]
pub struct Definitions {
    pub structure: Structure,
    pub search: SearchTables,
}

/// The R4 definitions, loaded at first use.
pub fn r4() -> &'static Definitions {
    static R4: LazyLock<Definitions> = LazyLock::new(|| Definitions::load(TABLE));
    &R4
}

impl Definitions {
    /// Reads a table written by the example `definitions`.
    ///
    /// # Panics
    /// If the table is broken; a test reads the committed one.
    pub fn load(table: &'static str) -> Definitions {
        let (structure, search) = table.split_once(SEARCH_MARK).unwrap_or((table, ""));
        let structure = Structure::load(structure);
        let search = SearchTables::load(search, &structure);
        Definitions { structure, search }
    }

    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        self.structure.type_named(name)
    }

    pub fn type_name(&self, type_: TypeId) -> &'static str {
        self.structure.type_name(type_)
    }

    /// The concrete resource types in alphabetical order.
    pub fn types(&self) -> impl Iterator<Item = TypeId> {
        self.structure.types()
    }

    /// The shape of a resource type.
    pub fn shape_of(&self, type_: TypeId) -> &Shape {
        self.structure.shape_of(type_)
    }

    /// The shape of a type, datatype or part (`Patient`, `Quantity`, `Observation.component`).
    pub fn shape_named(&self, path: &str) -> Option<&Shape> {
        self.structure.shape_named(path)
    }

    pub fn shape(&self, id: ShapeId) -> &Shape {
        self.structure.shape(id)
    }

    /// The element `child` (FHIRPath name) of a type, datatype or part.
    pub fn element(&self, path: &str, child: &str) -> Option<&ElementDef> {
        self.structure.element(path, child)
    }

    pub fn binding(&self, id: BindingId) -> &Binding {
        self.structure.binding(id)
    }
}
