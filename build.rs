//! Build script: the linker flags a Node-API addon needs. It knows nothing of the crate's own code.

fn main() {
    napi_build::setup();
}
