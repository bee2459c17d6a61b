/** @type {import("@sveltejs/vite-plugin-svelte").SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    // Creates elements without innerHTML, for a strict content security policy.
    fragments: "tree",
  },
};
