//! The heaviest tree below a root (Chu and Liu 1965, Edmonds 1967).

/// From who infects to who is infected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub weight: f64,
}

/// For each node the edge that leads to it in the tree of the greatest sum of weights that hangs together below `root`;
/// none for the root, and where no edge leads from the root. Of equal edges the first.
pub fn arborescence(nodes: usize, root: usize, edges: &[Edge]) -> Vec<Option<usize>> {
    let mut best: Vec<Option<usize>> = vec![None; nodes];
    for (nth, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.to != root && edge.from != edge.to) {
        if best[edge.to].is_none_or(|known| edges[known].weight < edge.weight) {
            best[edge.to] = Some(nth);
        }
    }
    let (group, groups) = circles(nodes, root, edges, &best);
    if groups == nodes {
        return best;
    }
    // Each circle becomes one node; an edge into it is weighed against the edge of the circle that it would replace.
    let mut members = vec![0_usize; groups];
    group.iter().for_each(|one| members[*one] += 1);
    let mut inner = Vec::new();
    let mut outer = Vec::new();
    for (nth, edge) in edges.iter().enumerate() {
        let (from, to) = (group[edge.from], group[edge.to]);
        if from == to || edge.to == root {
            continue;
        }
        let replaced = match best[edge.to] {
            Some(known) if members[to] > 1 => edges[known].weight,
            _ => 0.0,
        };
        inner.push(Edge { from, to, weight: edge.weight - replaced });
        outer.push(nth);
    }
    for nth in arborescence(groups, group[root], &inner).into_iter().flatten() {
        let edge = outer[nth];
        best[edges[edge].to] = Some(edge);
    }
    best
}

/// A group for each node: those of one circle of best edges share one.
fn circles(nodes: usize, root: usize, edges: &[Edge], best: &[Option<usize>]) -> (Vec<usize>, usize) {
    const NEW: usize = usize::MAX;
    let mut group = vec![NEW; nodes];
    let mut walk = vec![NEW; nodes];
    let mut groups = 0;
    for start in 0..nodes {
        let mut at = start;
        let mut path = Vec::new();
        while at != root && walk[at] == NEW {
            walk[at] = start;
            path.push(at);
            match best[at] {
                Some(edge) => at = edges[edge].from,
                None => break,
            }
        }
        // The walk came back to where it had been itself: from there on it is a circle.
        let meets = path.iter().position(|node| *node == at).filter(|_| at != root && best[at].is_some());
        if let Some(from) = meets {
            path[from..].iter().for_each(|node| group[*node] = groups);
            groups += 1;
        }
    }
    for one in group.iter_mut().filter(|one| **one == NEW) {
        *one = groups;
        groups += 1;
    }
    (group, groups)
}
