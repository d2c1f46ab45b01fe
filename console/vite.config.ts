import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'

// `npm run dev` shows the sources against a running server; the build is embedded in the binary.
const server = process.env.BASE_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [
    vue(),
    // Element Plus piece by piece, so that only what a screen uses is shipped.
    components({ dirs: [], dts: 'src/components.d.ts', resolvers: [ElementPlusResolver()] }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // No inline `data:` copies: the content-security policy allows them for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 600, // the charts, loaded with the first trend
  },
  server: {
    proxy: { '/api': server, '/fhir': server, '/cds-services': server },
  },
  test: { include: ['src/**/*.test.ts'] },
})
