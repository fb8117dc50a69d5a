//! What came of each case with each recipe.

use core::fmt;

/// What came of one case.
#[derive(Debug)]
pub(crate) struct Played {
    /// The status that the sender got; 0 for none.
    pub(crate) status: u16,
    /// What is not as expected, if anything is.
    pub(crate) wrong: Option<String>,
}

/// A column for each recipe, a row for each case.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    columns: Vec<String>,
    rows: Vec<(&'static str, Vec<Played>)>,
}

impl Matrix {
    /// Starts a column.
    pub(crate) fn column(&mut self, title: String) {
        self.columns.push(title);
    }

    /// Fills in the next cell of a row.
    pub(crate) fn cell(&mut self, case: &'static str, played: Played) {
        match self.rows.iter_mut().find(|(name, _)| *name == case) {
            Some((_, cells)) => cells.push(played),
            None => self.rows.push((case, vec![played])),
        }
    }

    /// Whether every case was played with every recipe, and came out as expected.
    pub(crate) fn is_good(&self) -> bool {
        let good = |(_, cells): &(_, Vec<Played>)| {
            cells.len() == self.columns.len() && cells.iter().all(|cell| cell.wrong.is_none())
        };
        !self.rows.is_empty() && self.rows.iter().all(good)
    }
}

/// The recipes by number, the statuses that the sender got, and what is wrong.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, title) in self.columns.iter().enumerate() {
            writeln!(f, "{:>2}  {title}", number + 1)?;
        }
        let width = self.rows.iter().map(|(case, _)| case.len()).max();
        let width = width.unwrap_or_default();
        write!(f, "\n{:width$}", "")?;
        for number in 1..=self.columns.len() {
            write!(f, " {number:>4}")?;
        }
        writeln!(f)?;
        for (case, cells) in &self.rows {
            write!(f, "{case:width$}")?;
            for cell in cells {
                let mark = if cell.wrong.is_some() { "!" } else { "" };
                write!(f, " {:>4}", format!("{mark}{}", cell.status))?;
            }
            writeln!(f)?;
        }
        let mut wrong = 0;
        for (case, cells) in &self.rows {
            for (title, cell) in self.columns.iter().zip(cells) {
                if let Some(failure) = &cell.wrong {
                    wrong += 1;
                    writeln!(f, "WRONG {title}: {case}: {failure}")?;
                }
            }
        }
        let played: usize = self.rows.iter().map(|(_, cells)| cells.len()).sum();
        writeln!(f, "\n{} of {played} as expected", played - wrong)
    }
}
