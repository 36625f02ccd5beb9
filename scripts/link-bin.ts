import { rmSync, symlinkSync } from 'node:fs'

// npm links a package's commands where it is a dependency, but not in its own checkout: there, npx would look rep up
// anew each time, and complain of a Node that bin/rep.js replaces.
const link = new URL('../node_modules/.bin/rep', import.meta.url)
rmSync(link, { force: true })
symlinkSync('../../bin/rep.js', link)
