//! Which hub: a profile from koji's own files.

#[cfg(feature = "live")]
mod files;

use std::path::PathBuf;

use clap::Args;

/// Which hub is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProfileArgs {
    /// The profile in koji's configuration files: /etc/koji.conf.d, /etc/koji.conf, ~/.koji/config.d and
    /// ~/.koji/config, later ones first; `koji` where neither this nor a configuration names one
    #[arg(short, long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Read FILE instead of those in ~/.koji
    #[arg(long, value_name = "FILE")]
    koji_config: Option<PathBuf>,
    /// The hub's address, in the place of what the profile says
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[cfg(feature = "live")]
    #[arg(long, env = "HOME", hide = true, hide_env = true, default_value = "")]
    home: String,
}

impl ProfileArgs {
    /// Returns the first flag that was given, if one was.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.profile.is_some(), "--profile"),
            (self.koji_config.is_some(), "--koji-config"),
            (self.server.is_some(), "--server"),
        ];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }

    /// Returns the flags that were given, with their values.
    #[cfg(feature = "live")]
    pub(crate) fn typed(&self) -> Vec<String> {
        let file = self.koji_config.as_ref().map(|path| path.display().to_string());
        let flags = [("-p", &self.profile), ("--koji-config", &file), ("--server", &self.server)];
        let given =
            flags.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value.clone()?]));
        given.flatten().collect()
    }

    /// Returns the directory of the user's own files.
    #[cfg(feature = "live")]
    pub(crate) fn home(&self) -> &std::path::Path {
        std::path::Path::new(&self.home)
    }
}
