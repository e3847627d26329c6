//! Making the tags and the target of a module, and what must be there before its first component.

use super::steps::Steps;
use crate::live::execute::stop::Stop;

impl Steps {
    /// Makes tags and target, finds what an earlier try built, and has the macros package built where the tags
    /// cannot say it all.
    pub(super) async fn prepare(&self) -> Result<(), Stop> {
        self.check_ours().await?;
        self.at.make_tags(&self.module).await?;
        self.adopt().await?;
        if self.module.macros.is_some() {
            self.build_macros().await?;
        }
        Ok(())
    }
}
