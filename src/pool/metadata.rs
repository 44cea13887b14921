//! What new connections tell the server of the libraries around polypool, beyond what the options
//! said. It can be added to at any time; connections that are open already say what they said.

use mongodb::{Client, options::DriverInfo};
use parking_lot::Mutex;

use super::Pool;

/// Libraries that were named after the pool was opened, in order.
pub(super) type Appended = Mutex<Vec<DriverInfo>>;

impl Pool {
    /// Names one more library. The same one twice counts once.
    pub fn append_metadata(&self, info: DriverInfo) {
        {
            let mut appended = self.appended.lock();
            if appended.contains(&info) {
                return;
            }
            appended.push(info);
        }
        for generation in self.lineage.all() {
            self.introduce(&generation.client);
        }
    }

    /// Has another pool name the same.
    pub(super) fn introduce_to(&self, other: &Self) {
        let all = self.appended.lock().clone();
        for info in all {
            other.append_metadata(info);
        }
    }

    /// Has `client` name them all; it leaves out those that it has named.
    pub(super) fn introduce(&self, client: &Client) {
        for info in &*self.appended.lock() {
            // Fails never: the crate looks for duplicates and adds to its text.
            let _ = client.append_metadata(info.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn names_a_library_once_however_often_it_is_named() {
        let config = Config::resolve("mongodb://127.0.0.1:1", &bson::Document::new()).unwrap();
        let pool = Pool::new(config);
        let library = |version: &str| DriverInfo::builder().name("a").version(version.to_owned());
        for version in ["1", "1", "2", "1"] {
            pool.append_metadata(library(version).build());
        }
        assert_eq!(pool.appended.lock().len(), 2);
    }
}
