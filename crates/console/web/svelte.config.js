/** @type {import("@sveltejs/vite-plugin-svelte").SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    // Elements are made one by one, never out of a string: the page has no innerHTML at all.
    fragments: "tree",
  },
};
